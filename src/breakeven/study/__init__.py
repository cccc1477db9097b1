"""What a study in this folder did and found, collected once: results, bills, facts."""
