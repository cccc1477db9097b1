"""What every part stands on: errors, files, where outputs are, records, scratch, progress."""
