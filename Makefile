# Built with PGXS; "make demo" and "make test" are described in README.md.
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

PG_CONFIG  ?= pg_config
# Server headers as system headers, so that -Wextra speaks of our code alone.
PG_CPPFLAGS = -I$(srcdir)/src -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CFLAGS   = -Wall -Wextra -Werror
EXTRA_CLEAN = $(INSTALL_SQL)

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard src/*.h src/*/*.h)

$(INSTALL_SQL): $(STATE) $(CODE) dbadvisor.control
	cat $(STATE) $(CODE) | sed 's/^CREATE OR REPLACE /CREATE /' > $@
