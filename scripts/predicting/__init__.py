"""The parts of ``scripts/prediction_figures.py``: one figure each, and the account of them."""
