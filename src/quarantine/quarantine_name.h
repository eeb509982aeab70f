/* quarantine_name: what files are called in the quarantine directory.
 *
 *     ID.eml   the original, mail or file, exactly as it was sent, unstuffed
 *     ID.json  its record; an incident is there if and only if this is
 *     ID.tmp   being written; one found at start is what a crash left
 *
 * ID is 32 hex digits of chance, never anything from mail. Files with any other name are not ours and never
 * touched. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_NAME_H
#define POSTERN_QUARANTINE_QUARANTINE_NAME_H

#include "base/span.h"

#define QUARANTINE_ORIGINAL ".eml"
#define QUARANTINE_RECORD ".json"
#define QUARANTINE_DRAFT ".tmp"

enum { QUARANTINE_NAME_SIZE = 64 };

bool quarantine_is_id(const char *text);
/* ID and suffix, nothing else. */
bool quarantine_is_name(const char *name, const char *suffix);
void quarantine_name(char name[QUARANTINE_NAME_SIZE], const char *id, const char *suffix);
/* The name with that suffix beside `of`, which is a name itself. */
void quarantine_name_beside(char name[QUARANTINE_NAME_SIZE], const char *of, const char *suffix);

#endif
