/*-------------------------------------------------------------------------
 *
 * window.c
 *		Times of the week: "22:00-06:00", "Mon-Fri 22:00-06:00, Sat 00:00-24:00".
 *
 * Days name the start of a window: one that passes midnight ends on the day
 * after.  An empty text is always.  The text is short and read anew each time.
 * Entry points: window_check(), window_is_open().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "pgtime.h"
#include "utils/timestamp.h"

#include "worker_internal.h"

#define DAYS_PER_WEEK 7
#define MINUTES_PER_DAY 1440

/* One entry of the list; minutes of the day, days from Sunday = 0. */
typedef struct Window
{
	int			first_day;
	int			last_day;
	int			from;
	int			to;				/* not after "from": ends the day after */
} Window;

static const char *const day_names[DAYS_PER_WEEK] = {
	"sun", "mon", "tue", "wed", "thu", "fri", "sat"
};

/*
 * Step over blanks.
 */
static void
skip_blanks(const char **at)
{
	while (isspace((unsigned char) **at))
		(*at)++;
}

/*
 * Read the name of a day; -1 where there is none.
 */
static int
read_day(const char **at)
{
	for (int day = 0; day < DAYS_PER_WEEK; day++)
	{
		if (pg_strncasecmp(*at, day_names[day], 3) == 0)
		{
			*at += 3;
			return day;
		}
	}
	return -1;
}

/*
 * Read HH:MM as minutes of the day; -1 where it is none.
 */
static int
read_time(const char **at)
{
	int			hours;
	int			minutes;
	int			length = 0;

	if (!isdigit((unsigned char) **at) ||
		sscanf(*at, "%2d:%2d%n", &hours, &minutes, &length) != 2 ||
		length == 0 || !isdigit((unsigned char) (*at)[length - 2]) ||
		minutes < 0 || minutes > 59 || hours < 0 || hours > 24 ||
		hours * 60 + minutes > MINUTES_PER_DAY)
		return -1;
	*at += length;
	return hours * 60 + minutes;
}

/*
 * Read the days of a window; all where none is named.
 */
static bool
read_days(const char **at, Window *window)
{
	window->first_day = read_day(at);
	window->last_day = window->first_day;
	if (window->first_day < 0)
	{
		window->first_day = 0;
		window->last_day = DAYS_PER_WEEK - 1;
		return true;
	}
	if (**at == '-')
	{
		(*at)++;
		window->last_day = read_day(at);
	}
	return window->last_day >= 0 && isspace((unsigned char) **at);
}

/*
 * Read one window and the comma behind it, if there is one.
 */
static bool
read_window(const char **at, Window *window)
{
	skip_blanks(at);
	if (!read_days(at, window))
		return false;
	skip_blanks(at);
	window->from = read_time(at);
	if (window->from < 0 || *(*at)++ != '-')
		return false;
	window->to = read_time(at);
	if (window->to < 0 || window->from == window->to)
		return false;
	skip_blanks(at);
	if (**at == ',')
	{
		(*at)++;
		skip_blanks(at);
		return **at != '\0';
	}
	return **at == '\0';
}

/*
 * Is the day among those of the window?
 */
static bool
day_matches(const Window *window, int day)
{
	if (window->first_day <= window->last_day)
		return day >= window->first_day && day <= window->last_day;
	return day >= window->first_day || day <= window->last_day;
}

/*
 * Is a minute of a day in the window?
 */
static bool
window_holds(const Window *window, int day, int minute)
{
	int			yesterday = (day + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;

	if (window->from < window->to)
		return day_matches(window, day) &&
			minute >= window->from && minute < window->to;
	return (day_matches(window, day) && minute >= window->from) ||
		(day_matches(window, yesterday) && minute < window->to);
}

/*
 * Can the text be read?  Where not, *problem is what a detail says.
 */
bool
window_check(const char *text, const char **problem)
{
	Window		window;

	*problem = "A window is HH:MM-HH:MM with days before it if need be, such as Mon-Fri 22:00-06:00; several are separated by commas.";
	skip_blanks(&text);
	while (*text !='\0')
	{
		if (!read_window(&text, &window))
			return false;
	}
	return true;
}

/*
 * Is the time in one of the windows?  The zone is that of the server, which is
 * the session's in a worker.
 */
bool
window_is_open(const char *text, TimestampTz now)
{
	pg_time_t	seconds = timestamptz_to_time_t(now);
	struct pg_tm *local = pg_localtime(&seconds, session_timezone);
	Window		window;

	if (text == NULL)
		return true;
	skip_blanks(&text);
	if (*text == '\0' || local == NULL)
		return true;
	while (*text !='\0' && read_window(&text, &window))
	{
		if (window_holds(&window, local->tm_wday,
						 local->tm_hour * 60 + local->tm_min))
			return true;
	}
	return false;
}
