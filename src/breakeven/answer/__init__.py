"""The answer stage: a student answers every task in every arm, resumable batch by batch."""
