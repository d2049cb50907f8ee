-- Expand: a note's words move from `text`, which is also the name of a type, to `body`. Both are there for a while: the
-- release before this one writes `text` only, and the trigger carries it over.

-- up
ALTER TABLE notes ADD COLUMN body text;
UPDATE notes SET body = text;
CREATE FUNCTION notes_carry_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.body := coalesce(NEW.body, NEW.text);
    NEW.text := coalesce(NEW.text, NEW.body);
    RETURN NEW;
END
$$;
CREATE TRIGGER notes_carry_over BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION notes_carry_over();

-- down
DROP TRIGGER notes_carry_over ON notes;
DROP FUNCTION notes_carry_over();
ALTER TABLE notes DROP COLUMN body;
