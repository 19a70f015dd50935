"""The first start: nobody can sign in yet."""
