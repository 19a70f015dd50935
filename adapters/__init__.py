"""Everything that touches the world: databases, files, clocks, mailboxes, terminals."""
