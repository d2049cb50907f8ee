-- Contract: no release that may still run, or may be gone back to, reads `text` alone.

-- up
DROP TRIGGER notes_carry_over ON notes;
DROP FUNCTION notes_carry_over();
ALTER TABLE notes ALTER COLUMN body SET NOT NULL;
ALTER TABLE notes DROP COLUMN text;

-- down
ALTER TABLE notes ADD COLUMN text text;
UPDATE notes SET text = body;
ALTER TABLE notes ALTER COLUMN text SET NOT NULL;
ALTER TABLE notes ALTER COLUMN body DROP NOT NULL;
CREATE FUNCTION notes_carry_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.body := coalesce(NEW.body, NEW.text);
    NEW.text := coalesce(NEW.text, NEW.body);
    RETURN NEW;
END
$$;
CREATE TRIGGER notes_carry_over BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION notes_carry_over();
