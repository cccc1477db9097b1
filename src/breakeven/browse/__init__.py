"""Answers to read: the same question as each student and arm answered it."""
