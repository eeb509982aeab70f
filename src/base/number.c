#include "base/number.h"

void number_write_last(uint64_t number, char *digits, size_t n)
{
    for (; n > 0; number /= 10)
        digits[--n] = (char)('0' + number % 10);
}

size_t number_write(uint64_t number, char digits[NUMBER_DIGITS_MAX])
{
    size_t n = 1;

    for (uint64_t rest = number / 10; rest; rest /= 10)
        n++;
    number_write_last(number, digits, n);
    return n;
}
