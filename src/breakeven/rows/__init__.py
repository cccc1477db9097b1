"""What flows from stage to stage, as frozen types with their reading and writing."""
