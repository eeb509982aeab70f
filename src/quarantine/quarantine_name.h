/* quarantine_name: file names in the quarantine directory.
 *
 *     ID.eml   the original, mail or file, exactly as it was sent, byte-unstuffed
 *     ID.json  its record; an incident exists if and only if this file exists
 *     ID.tmp   a file being written; if it exists at start, a crash has left it
 *
 * ID is 32 random hex digits and never derived from mail. Files with any other name are not Postern's and are
 * never changed or removed. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_NAME_H
#define POSTERN_QUARANTINE_QUARANTINE_NAME_H

#include "base/span.h"

#define QUARANTINE_ORIGINAL ".eml"
#define QUARANTINE_RECORD ".json"
#define QUARANTINE_DRAFT ".tmp"

enum { QUARANTINE_NAME_SIZE = 64 };

bool quarantine_is_id(const char *text);
/* Returns whether the name consists of an id and this suffix. */
bool quarantine_is_name(const char *name, const char *suffix);
void quarantine_name(char name[QUARANTINE_NAME_SIZE], const char *id, const char *suffix);
/* Makes a name from the id in `other` and this suffix. `other` must be a valid name. */
void quarantine_name_beside(char name[QUARANTINE_NAME_SIZE], const char *other, const char *suffix);

#endif
