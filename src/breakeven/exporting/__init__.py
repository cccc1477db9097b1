"""A study for others: records of its answers, and folders for the Hugging Face hub with cards.

Nothing is uploaded and nothing is looked up: what is exported is what lies here, compared with its
records before.
"""
