"""Files that people send: taken in, looked at, kept under the hash of what they contain, given back through the gate of their field."""
