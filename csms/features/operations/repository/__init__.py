"""Operations in the database: as operators read them, and as workers carry them out."""
