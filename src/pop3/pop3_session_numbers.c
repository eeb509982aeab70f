/* Sets of message numbers, and sizes of messages. A linear search is fast enough, because the sets are
 * small. */

#include "pop3/pop3_session_internal.h"

#include "base/buf.h"

#include <stdlib.h>

static uint32_t find(const struct pop3_session_numbers *numbers, uint32_t number)
{
    uint32_t i = 0;

    while (i < numbers->n && numbers->at[i] != number)
        i++;
    return i;
}

bool pop3_session_numbers_has(const struct pop3_session_numbers *numbers, uint32_t number)
{
    return find(numbers, number) < numbers->n;
}

void pop3_session_numbers_add(struct pop3_session_numbers *numbers, uint32_t number)
{
    if (pop3_session_numbers_has(numbers, number))
        return;
    if (numbers->n == POP3_SESSION_NUMBERS_MAX) {
        numbers->is_overfull = true;
        return;
    }
    if (numbers->n == numbers->capacity) {
        numbers->capacity = numbers->capacity ? numbers->capacity * 2 : 8;
        numbers->at = mem_grow(numbers->at, numbers->capacity, sizeof *numbers->at);
    }
    numbers->at[numbers->n++] = number;
}

void pop3_session_numbers_remove(struct pop3_session_numbers *numbers, uint32_t number)
{
    uint32_t i = find(numbers, number);

    if (i < numbers->n)
        numbers->at[i] = numbers->at[--numbers->n];
}

static uint32_t find_size(const struct pop3_session_sizes *sizes, uint32_t number)
{
    uint32_t i = 0;

    while (i < sizes->n && sizes->at[i].number != number)
        i++;
    return i;
}

uint64_t pop3_session_sizes_get(const struct pop3_session_sizes *sizes, uint32_t number)
{
    uint32_t i = find_size(sizes, number);

    return i < sizes->n ? sizes->at[i].octets : 0;
}

static void forget_size(struct pop3_session_sizes *sizes, uint32_t number)
{
    uint32_t i = find_size(sizes, number);

    if (i < sizes->n)
        sizes->at[i] = sizes->at[--sizes->n];
}

void pop3_session_sizes_note(struct pop3_session_sizes *sizes, uint32_t number, uint64_t octets,
                             bool is_large)
{
    forget_size(sizes, number);
    if (!is_large || sizes->n == POP3_SESSION_NUMBERS_MAX)
        return;
    if (sizes->n == sizes->capacity) {
        sizes->capacity = sizes->capacity ? sizes->capacity * 2 : 8;
        sizes->at = mem_grow(sizes->at, sizes->capacity, sizeof *sizes->at);
    }
    sizes->at[sizes->n++] = (struct pop3_session_size){number, octets};
}

void pop3_session_shrink(struct pop3_session *session)
{
    free(session->sizes.at);
    session->sizes = (struct pop3_session_sizes){0};
    pop3_session_uids_fini(&session->uids);
}
