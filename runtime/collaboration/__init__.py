"""People around a record: comments, who follows it, to-dos, and the notifications that tell them."""
