"""The students before they are taught: tokenizer, tabletop bases, and loading of any base."""
