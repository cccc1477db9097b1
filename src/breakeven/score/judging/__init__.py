"""Language models as judges of what rules cannot read: their texts, replies, votes and verdicts."""
