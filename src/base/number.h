/* number: decimal digits, without printf, where it happens with every message. */
#ifndef POSTERN_BASE_NUMBER_H
#define POSTERN_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_ROOM = 20 };

/* No NUL; returns how many there are. */
size_t number_write(uint64_t number, char digits[NUMBER_ROOM]);
/* The last `n` digits, zeros in front. */
void number_write_last(uint64_t number, char *digits, size_t n);

#endif
