\echo Use "CREATE EXTENSION dbadvisor" to load this file. \quit
