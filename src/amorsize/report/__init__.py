"""Nouns in, text or plain data out: nothing here measures, decides or prints."""
