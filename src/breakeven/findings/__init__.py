"""What results say: the study's claims as data, comparisons of styles, one judgement of all."""
