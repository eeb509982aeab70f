/* native: the reader of our own file format.
 *
 *     # a comment
 *     [section]
 *     key = value          # a comment behind a value stands after a blank
 *     key = " a value # with blanks and a hash sign; \" and \\ are the only escapes "
 *
 * Sections may be opened again, but a key is set once a file. `include = DIR` in [postern] names a directory
 * of drop-in files, which are read after the whole file and may set keys again; a drop-in includes nothing.
 * Text is UTF-8. Nothing is guessed: what is not known is an error, told with the nearest known name. */
#ifndef POSTERN_CONF_NATIVE_H
#define POSTERN_CONF_NATIVE_H

#include "conf/reading.h"

/* Reads the file reading->at.file, whose text this is. *include gets the directory, and its place, if one was
 * named; NULL in a drop-in file. */
struct native_include {
    struct buf directory; /* empty: none */
    struct reading_place at;
};
void native_read(struct reading *reading, struct span text, struct native_include *include);

/* Appends a value as a file would have it, quoted if need be. */
void native_add_value(struct buf *out, struct span value);

#endif
