"""Who may do what: accounts, sessions, tokens, the second person, and the audit of it all."""
