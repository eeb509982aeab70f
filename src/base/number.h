/* number: writes decimal numbers without printf, for code that runs per message, and reads hexadecimal
 * digits. */
#ifndef POSTERN_BASE_NUMBER_H
#define POSTERN_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { NUMBER_DIGITS_MAX = 20 };

/* Writes no NUL; returns the number of digits. */
size_t number_write(uint64_t number, char digits[NUMBER_DIGITS_MAX]);
/* Writes exactly `n` digits: the last ones of the number. A shorter number gets leading zeros. */
void number_write_last(uint64_t number, char *digits, size_t n);

/* Returns the value of a hexadecimal digit in capital or small letters; -1: it is not a hexadecimal digit. */
static inline int number_of_hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

#endif
