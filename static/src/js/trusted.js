// The one policy by which a text becomes markup (trusted types; web/headers.py): what our own server
// answered, which htmx puts into the page. There is none for scripts and their addresses on purpose.
const types = window.trustedTypes;
if (types) types.createPolicy("default", { createHTML: (markup) => markup });
