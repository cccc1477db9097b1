"""Learning rates, chosen by student and arm on pairs that nobody learns and no test holds."""
