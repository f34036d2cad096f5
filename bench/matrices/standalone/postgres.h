/*-------------------------------------------------------------------------
 *
 * postgres.h
 *		What src/index/facility.c, layout.c and pick.c need of the server's header, so
 *		that they can be measured without a server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef POSTGRES_H
#define POSTGRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef size_t Size;
typedef uint64_t uint64;

#define UINT64CONST(x) UINT64_C(x)
#define Min(x, y) ((x) < (y) ? (x) : (y))
#define Max(x, y) ((x) > (y) ? (x) : (y))

/*
 * Allocate memory, or end the program.
 */
static inline void *
palloc0(Size size)
{
	void	   *result = calloc(1, size);

	if (result == NULL)
		abort();
	return result;
}

#define palloc(size) palloc0(size)
#define pfree(pointer) free(pointer)

#endif							/* POSTGRES_H */
