/* number: writes decimal digits without printf, for code that runs per message. */
#ifndef POSTERN_BASE_NUMBER_H
#define POSTERN_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_DIGITS_MAX = 20 };

/* Writes no NUL; returns the number of digits. */
size_t number_write(uint64_t number, char digits[NUMBER_DIGITS_MAX]);
/* Writes exactly `n` digits: the last ones, or all of them after zeros. */
void number_write_last(uint64_t number, char *digits, size_t n);

#endif
