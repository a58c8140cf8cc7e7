const answer = () => Response.json({ canary: 'CANARY-handler' });

export { answer as DELETE, answer as GET, answer as POST, answer as PUT };
