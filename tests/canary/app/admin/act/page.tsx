import { AdminForm } from './form';

export default function Act() {
  return (
    <main>
      <p>CANARY-admin-act</p>
      <AdminForm />
    </main>
  );
}
