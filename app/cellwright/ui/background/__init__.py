"""What the window does beside the person: jobs, loading, searching, warming up."""
