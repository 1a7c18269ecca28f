"""How code is rewritten: the edits that several causes share, and what must hold for each."""
