/* native: parser of Postern's own file format.
 *
 *     # a comment
 *     [section]
 *     key = value          # a comment after a value follows a blank
 *     key = " a value # with blanks and a hash sign; \" and \\ are the only escapes "
 *
 * A section may be opened again, but a key may be set only once per file. `include = DIR` in [postern] names
 * a directory of drop-in files. They are read after the whole file, and may set keys again. A drop-in file
 * cannot include files. Text is UTF-8. An unknown name is an error; the error names a similar known name if
 * there is one. */
#ifndef POSTERN_CONF_NATIVE_H
#define POSTERN_CONF_NATIVE_H

#include "conf/reading.h"

/* The value of the key `include`, and its place. */
struct native_include {
    struct buf directory; /* empty: none */
    struct reading_place at;
};

/* Reads the text of the file reading->at.file. `include` is NULL for a drop-in file, which cannot include. */
void native_read(struct reading *reading, struct span text, struct native_include *include);

/* Appends a value in the syntax of the file, quoted if necessary. */
void native_add_value(struct buf *out, struct span value);

#endif
