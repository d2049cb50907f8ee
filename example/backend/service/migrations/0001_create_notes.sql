-- The board: notes that the shop shows to everybody.

-- up
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO notes (text) VALUES ('The shop is open.'), ('Fresh bread every morning.');

-- down
DROP TABLE notes;
