-- Blocks of the index are smaller, so that fewer records are in none: it is written anew, behind the records.
DELETE FROM audit_found;
DELETE FROM audit_block;
