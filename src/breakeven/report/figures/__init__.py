"""One figure a module: plain rows in, a `FigureSpec` out. `render` turns it into SVG and PNG."""
