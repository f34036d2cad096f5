\echo Use "CREATE EXTENSION dbadvisor" to load this file. \quit

-- Made here and not by the control file: so it goes with the extension, and a
-- schema of this name that somebody has prepared is refused.
CREATE SCHEMA dbadvisor;
