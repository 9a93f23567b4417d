"""练习: the resident's flow over a book that is kept in a cookie."""
