"""Accuracy against cost: Pareto sets, saturating fits, equivalents, answer length, routers.

Everything here is pure: numpy arrays in, small frozen dataclasses out. Accuracies are fractions
(0..1), costs are positive and in any one unit (FLOPs, tokens, seconds, money).
"""
