"""The log folded into tables, and the questions asked of them: one file a read model."""
