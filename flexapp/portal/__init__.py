"""首页, 社保专题, 社保办事, 我的 and messages: the way in, and what was done in my name."""
