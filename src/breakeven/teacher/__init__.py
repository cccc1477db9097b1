"""Teachers: what answers every training prompt twice, plainly and with a trace."""
