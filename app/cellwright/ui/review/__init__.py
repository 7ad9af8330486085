"""Looking through cells: the gallery of crops, the queues of what deserves a look, and audits drawn at random."""
