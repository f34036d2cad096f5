# Built with PGXS: make, make install, make installcheck.  "make test" and "make
# demo" need nothing but this checkout and Debian; README.md describes them.
EXTENSION   = dbadvisor
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" dbadvisor.control)
MODULE_big  = dbadvisor
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))

# State is created once and changed by deltas; code is replaced as a whole.
STATE       = sql/header.sql $(sort $(wildcard sql/state/*.sql))
CODE        = $(sort $(wildcard sql/advisor/*.sql)) $(sort $(wildcard sql/rule/*/*.sql)) \
              $(sort $(wildcard sql/view/*.sql))
INSTALL_SQL = $(EXTENSION)--$(EXTVERSION).sql
DATA_built  = $(INSTALL_SQL)

REGRESS        := $(sort $(basename $(notdir $(wildcard test/sql/*.sql))))
REGRESS_OPTS    = --inputdir=test --load-extension=dbadvisor --load-extension=pg_stat_statements
ISOLATION      := $(sort $(basename $(notdir $(wildcard test/isolation/*.spec))))
ISOLATION_OPTS  = --inputdir=test/isolation --load-extension=dbadvisor
TAP_TESTS      := $(if $(wildcard test/t/*.pl),1)
PROVE_TESTS     = test/t/*.pl

PG_CONFIG  ?= pg_config
# Server headers as system headers, so that -Wextra speaks of our code alone.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)
PG_CFLAGS   = -Wall -Wextra
EXTRA_CLEAN = $(INSTALL_SQL) $(wildcard src/*.bc src/*/*.bc)

# Without a server's development files only the targets below the include work;
# those install what they need.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
all install uninstall installcheck clean:
	@echo "$(PG_CONFIG) knows no PGXS: install PostgreSQL's server development" \
	  "files (script/setup does on Debian) or set PG_CONFIG" >&2; exit 1
endif

$(OBJS): $(wildcard src/*.h src/*/*.h)

$(INSTALL_SQL): $(STATE) $(CODE) dbadvisor.control
	cat $(STATE) $(CODE) | sed 's/^CREATE OR REPLACE /CREATE /' > $@

# What "make PG_CONFIG=..." chose goes on to the scripts; what we guessed does not.
SANDBOX = $(if $(filter command environment,$(origin PG_CONFIG)),PG_CONFIG='$(PG_CONFIG)') \
          script/sandbox

# All tests on private servers; SUITES and TESTS choose some, see script/test.
test:
	$(SANDBOX) script/test

# The sample database and its workload, before and after the advice; KEEP=1
# leaves its server running.
demo:
	$(SANDBOX) demo/run

# C files in pgindent's style.
indent:
	script/indent

indent-check:
	script/indent --check

# Rules of the house that a program can check.
lint: indent-check
	script/lint

# The type names that indenting must know; needs the server's headers.
typedefs:
	script/typedefs > typedefs.list.new && mv typedefs.list.new typedefs.list

.PHONY: test demo indent indent-check lint typedefs
