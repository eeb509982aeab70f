/* xml: text in XML and HTML. Pure. */
#ifndef POSTERN_BASE_XML_H
#define POSTERN_BASE_XML_H

#include "base/buf.h"

/* Appends the text with the characters of markup escaped, so that it can be the content of an element, or the
 * value of an attribute in double quotes. */
void xml_add(struct buf *out, struct span text);

#endif
