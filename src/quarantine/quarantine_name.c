#include "quarantine/quarantine_name.h"

#include <stdio.h>

enum { ID_DIGITS = 32 };

static bool starts_with_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == ID_DIGITS;
}

bool quarantine_is_id(const char *text)
{
    return starts_with_id(text) && text[ID_DIGITS] == '\0';
}

bool quarantine_is_name(const char *name, const char *suffix)
{
    return starts_with_id(name) && strcmp(name + ID_DIGITS, suffix) == 0;
}

void quarantine_name(char name[QUARANTINE_NAME_SIZE], const char *id, const char *suffix)
{
    snprintf(name, QUARANTINE_NAME_SIZE, "%s%s", id, suffix);
}

void quarantine_name_beside(char name[QUARANTINE_NAME_SIZE], const char *other, const char *suffix)
{
    snprintf(name, QUARANTINE_NAME_SIZE, "%.*s%s", ID_DIGITS, other, suffix);
}
