"""From a picture to its objects: tiles, engines, suppression, seams and an account of every tile."""
