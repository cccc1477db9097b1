"""Work on what a stranger wrote, in a child process that limits and a guard hold."""
