"""The distill stage: a teacher answers every training prompt twice, plainly and with a trace."""
