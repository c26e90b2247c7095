"""Pure nouns: frozen, slotted, keyword-only facts that cannot be nonsense."""
